sgd_add_unit(case NP 1 3)
sgd_add_unit(case_errors NP 1 3)
