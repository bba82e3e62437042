"""What the paper claims, experiment by experiment, and what stands: (number, claim, rows, verdict, why)."""
import rows

CONFIRMED, REFUTED, SAMPLING, RESOLUTION, ARTEFACT = "confirmed", "refuted", "limited by sampling", "under-resolved", "artefact"

CLAIMS = [
    ("1a", "Under multiplicative noise SGD's late variance does not grow, Langevin's does.", rows.exp01, f"{SAMPLING}, {ARTEFACT}",
     "the second moment grows 1.0525 times a step for ever, carried by runs that become rarer every step: 4,096 runs hold none of them after a "
     "hundred steps, and their spread is that of a typical run, which dies out"),
    ("17, 21", "The discrete equation has SGD's long-time covariance; Langevin's is too small.", rows.exp17, CONFIRMED,
     "closed forms of all ten modes; the sampled trace 0.199067 lies within its sampling error"),
    ("18, 20, 23, 36", "Centred moments of a step go as eta^2/B; the raw moment adds g g^T.", rows.exp20, f"{CONFIRMED}, trivial",
     "exact by construction; the figures that were sampled lie within their sampling error"),
    ("27", "Between eta Gamma = lambda (2 - eta lambda) and 2 lambda SGD is unstable where Langevin is stable.", rows.exp27,
     f"{CONFIRMED}; the word unstable {REFUTED}",
     "the seven points are right, but all seven have a stationary density: only its variance is infinite, and a sampled one is the farthest run's"),
    ("29", "On a flat axis the drift makes spread, eta^2 Gamma sum mu^2.", rows.exp29, f"{SAMPLING}; the formula {REFUTED}",
     "the noise also multiplies the spread that is there, (1 + eta^2 Gamma)^n: the formula is 7 % low; 50,000 runs of so skewed a law are 2.6 % low"),
    ("37", "The corrected generator's mean map is right to one order more in eta.", rows.exp37, CONFIRMED,
     "orders 2 and 3; the published points are not known, so the slopes are those of another sample of the same law"),
    ("38", "The corrected generator has the better mean and the worse covariance (30 steps, eta 0.12).", rows.exp38,
     f"mean {SAMPLING}, covariance {CONFIRMED}", "the published error of the mean is below its own sampling error 0.2/sqrt(30,000); order 3 mends the covariance"),
    ("1b, 5n, 12, 43", "Langevin with the raw second moment C + g g^T is closer to SGD; frozen coefficients will do.", rows.exp12,
     f"{REFUTED} away from the minimum", "at the minimum the raw moment gives SGD's own variance; on the way there the mean's motion is taken for noise and "
     "the spread is three times SGD's; a drift frozen at the start overshoots by as much as the mean has moved: the published mean error of 43 is of that"),
    ("40", "The corrected generator is closer to log(P)/eta at half of the learning rates.", rows.exp40, f"{RESOLUTION}, {REFUTED}",
     "61 points see a step's noise as 0.06 to 0.4 of their distance, so the matrix's logarithm is the points'; resolved, the corrected one is closer at all "
     "learning rates"),
    ("41", "No Gaussian surrogate has the skewness and kurtosis of a step with exponential noise.", rows.exp41, f"{CONFIRMED}; KL {ARTEFACT}",
     "skewness -2 and kurtosis 9 by definition; a histogram's KL is biased upward by bins that hold no Gaussian sample"),
    ("42", "A compound-Poisson surrogate is closer than a Gaussian one, after one step and after 20.", rows.exp42,
     f"Gaussian {CONFIRMED}, Poisson {SAMPLING}", "the noise is a Poisson number of equal jumps, so the surrogate is exact: the published distances are the fit's "
     "sampling error, which 20 steps add up"),
    ("44", "On the rough landscape the corrected generator is worse than Langevin.", rows.exp44, f"mean {REFUTED}, L1 order {CONFIRMED}",
     "free of sampling error the corrected mean is three times better; its density is farther in L1, the drift being right and the spread not"),
]
