#ifndef SHADERS_MATFORMER_ALTUP_ROUTER_GLSL
#define SHADERS_MATFORMER_ALTUP_ROUTER_GLSL

// The modalities of a row x, one for each stream (spec 01 §2.5):
//
//     m[k] = tanh( R[k] · rms_norm(x, router_norm) / width )
//
// ROW(c) is element c of x; routerNorm and router are bound by the shader.
#define ALTUP_MODALITIES(modalities)                                                               \
    {                                                                                              \
        float squares_ = 0.0;                                                                      \
        float dots_[kInputs];                                                                      \
        for (uint k_ = 0; k_ < kInputs; ++k_)                                                      \
            dots_[k_] = 0.0;                                                                       \
        for (uint c_ = gl_LocalInvocationID.x; c_ < params.width; c_ += gl_WorkGroupSize.x) {      \
            const float value_ = ROW(c_);                                                          \
            squares_ += value_ * value_;                                                           \
            for (uint k_ = 0; k_ < kInputs; ++k_)                                                  \
                dots_[k_] += router[k_ * params.width + c_] * value_ * routerNorm[c_];             \
        }                                                                                          \
        const float width_ = float(params.width);                                                  \
        const float scale_ =                                                                       \
            inversesqrt(workgroupSum(squares_) / width_ + params.epsilon) / width_;                \
        for (uint k_ = 0; k_ < kInputs; ++k_)                                                      \
            modalities[k_] = tanh(clamp(workgroupSum(dots_[k_]) * scale_, -15.0, 15.0));           \
    }

#endif
