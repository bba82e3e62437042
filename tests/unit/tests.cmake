sgd_add_unit(mlp NP 1)
sgd_add_unit(case NP 1 3)
sgd_add_unit(case_errors NP 1 3)
