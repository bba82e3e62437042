sgd_add_unit(mlp NP 1)
