"""What the paper claims, experiment by experiment, and what is to be said of it: (number, claim, rows, why). Verdicts are worked out
from the rows (verdict.py)."""
import rows
import rows_heldout as heldout
import rows_networks as networks

CLAIMS = [
    ("1a", "Under multiplicative noise SGD's late variance does not grow, Langevin's does.", rows.exp01,
     "the second moment grows 1.0525 times a step for ever, carried by runs that become rarer every step: 4,096 runs hold none of them after a "
     "hundred steps, and their spread is that of a typical run, which dies out"),
    ("17, 21", "The discrete equation has SGD's long-time covariance; Langevin's is too small.", rows.exp17,
     "closed forms of all ten modes; the sampled trace 0.199067 lies within its sampling error"),
    ("18, 20, 23, 36", "Centred moments of a step go as eta^2/B; the raw moment adds g g^T.", rows.exp20,
     "exact by construction; the figures that were sampled lie within their sampling error"),
    ("27", "Between eta Gamma = lambda (2 - eta lambda) and 2 lambda SGD is unstable where Langevin is stable.", rows.exp27,
     "the seven points are right, but all seven have a stationary density: only its variance is infinite, and a sampled one is the farthest run's"),
    ("29", "On a flat axis the drift makes spread, eta^2 Gamma sum mu^2.", rows.exp29,
     "the noise also multiplies the spread that is there, (1 + eta^2 Gamma)^n: the formula is 7 % low; 50,000 runs of so skewed a law are 2.6 % low"),
    ("37", "The corrected generator's mean map is right to one order more in eta.", rows.exp37,
     "orders 2 and 3; the published points are not known, so the slopes are those of another sample of the same law"),
    ("38", "The corrected generator has the better mean and the worse covariance (30 steps, eta 0.12).", rows.exp38,
     "the published error of the mean is below its own sampling error, about 0.2 sqrt(6/30,000); order 3 mends the covariance"),
    ("1b, 5n, 12, 43", "Langevin with the raw second moment C + g g^T is closer to SGD; frozen coefficients will do.", rows.exp12,
     "at the minimum the raw moment gives SGD's own variance; on the way there the mean's motion is taken for noise and "
     "the spread is three times SGD's; a drift frozen at the start overshoots by as much as the mean has moved: the published mean error of 43 is of that"),
    ("40", "The corrected generator is closer to log(P)/eta at half of the learning rates.", rows.exp40,
     "61 points see a step's noise as 0.06 to 0.4 of their distance, so the matrix's logarithm is the points'; resolved, the corrected one is closer at all "
     "learning rates"),
    ("41", "No Gaussian surrogate has the skewness and kurtosis of a step with exponential noise.", rows.exp41,
     "skewness -2 and kurtosis 9 by definition; a histogram's KL is biased upward by bins that hold no Gaussian sample"),
    ("42", "A compound-Poisson surrogate is closer than a Gaussian one, after one step and after 20.", rows.exp42,
     "the noise is a Poisson number of equal jumps, so the surrogate is exact: the published distances are the fit's "
     "sampling error, which 20 steps add up"),
    ("44", "On the rough landscape the corrected generator is worse than Langevin.", rows.exp44,
     "free of sampling error the corrected mean is three times better; its density is farther in L1, the drift being right and the spread not"),
    ("16, 39", "Along paths the centred covariance is likelier than the raw one; the corrected drift has the smaller error in the mean.", rows.exp16,
     "log N(dw; -eta g, eta^2 (C + g g^T)) less log N(dw; -eta g, eta^2 C) has mean -(ln(1 + s) - s/(1 + s))/2, s = g C^-1 g, below zero wherever "
     "g is not zero: no sampling is needed; the published starts and points are not known, ours are another sample"),
    ("2", "Without fitting, eta D/(2 lambda) gives each mode's spread; the fluctuating Hessian is nearly diagonal in the mean one's eigenbasis.",
     networks.exp02, "the proxy is right to a few tenths, the closure along the mean path as well as the trajectories can tell; the published share is of "
     "H_B itself, which is mostly the mean Hessian, diagonal by definition: of what fluctuates a quarter is on the diagonal"),
    ("15", "A mode's gradient noise goes with its eigenvalue.", networks.exp15, "over all modes with positive eigenvalues and noise"),
    ("33", "The covariance is nearly diagonal in the Hessian's eigenbasis.", networks.exp33,
     "with 2,048 runs and sampling's part taken off; 32 runs add as much again"),
    ("3, 35", "Without replacement there is next to no spread.", networks.exp35,
     "looked at where an epoch ends, when every sample has been seen equally often; within an epoch the spread is there"),
    ("5, 14", "Flat modes diffuse at a rate linear in eta, sharp modes saturate at a variance linear in eta and 1/B.", networks.exp14,
     "what rises has a high linear correlation whatever its power: the flat modes' rate goes as eta^2; all learning rates see the same batches, so the "
     "exponents' errors are of the fit alone"),
    ("6", "How far a run went along flat or sharp modes says next to nothing of its generalisation gap.", heldout.exp06,
     "of runs on the same landscape; the sharp correlation has the other sign on this network, so it is no law"),
    ("7, 8, 9", "Noise along flat modes, suppressed or amplified, leaves the test loss; noise along sharp ones does not.", heldout.exp07,
     "amplified threefold a mode has nine times the variance on a slice, ten on the network: the eigenvectors turn along the path, and noise across them is fed "
     "back against its own; for the same reason noise taken off them leaves half of their variance. Suppressing all motion along the sharp modes, not the noise "
     "alone, is what costs test loss"),
    ("10, 11", "Weaker noise trains lower; and tests lower.", heldout.exp10,
     "the first holds; of the second two runs cannot tell, and on the same batches there is no such difference here; spreads go as alpha^2 near a minimum, and the "
     "published ones, of two runs of another network, do not; noise normalised to the gradient's length (11) is judged by its published scatter, not run"),
]
