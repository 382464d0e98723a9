// The slow twin of bodies/optimizer.h, in float64.
#include "../include/ckernels.h"

#include <math.h>

static void adamw(const ck_adamw *step, size_t n, const float *g, float *p, float *m, float *v) {
    for (size_t i = 0; i < n; i++) {
        double gradient = (double)g[i] * step->gradient_scale;
        double first = m[i] + (gradient - m[i]) * step->one_minus_beta1;
        double second = (double)v[i] * step->beta2 + gradient * gradient * step->one_minus_beta2;
        m[i] = (float)first;
        v[i] = (float)second;
        p[i] = (float)((double)p[i] * step->decay - step->step_size * first / (sqrt(second) * step->inverse_root_correction + step->epsilon));
    }
}

static double sum_of_squares(const float *x, size_t n) {
    double total = 0;
    for (size_t i = 0; i < n; i++) total += (double)x[i] * x[i];
    return total;
}

const ck_optimizer_ops ck_optimizer_generic = {.adamw = adamw, .sum_of_squares = sum_of_squares};
