#ifndef SHADERS_INCLUDE_ARRIVALS_GLSL
#define SHADERS_INCLUDE_ARRIVALS_GLSL

// Work that only the workgroup does which comes last: no workgroup waits for another, as none is
// promised to run while another does. The including shader has `coherent buffer` arrivals[], which
// is zero before the first dispatch and after each, and whatever the others wrote is coherent too.

// Where other lanes than lane 0 wrote, before isLastGroup(). Every lane calls it.
void publishWrites()
{
    memoryBarrier();
    if (kIsOneSubgroup == 0)
        barrier();
}

// Whether all the other groups that count with it are done with what lane 0 of each wrote. Every lane
// calls it.
bool isLastGroup(uint counter, uint groups)
{
    // One lane wrote everything, so it alone has something to make visible before it counts.
    float before = 0.0;
    if (gl_LocalInvocationID.x == 0) {
        memoryBarrier();
        before = float(atomicAdd(arrivals[counter], 1u));
    }
    if (workgroupSum(before) != float(groups - 1))
        return false;
    memoryBarrier();
    if (gl_LocalInvocationID.x == 0)
        arrivals[counter] = 0;  // for the next dispatch
    return true;
}

#endif
