sgd_add_unit(moments NP 1 2 4)
sgd_add_unit(distances NP 1 3)
sgd_add_unit(json NP 1 2)
sgd_add_unit(output NP 1 3)
