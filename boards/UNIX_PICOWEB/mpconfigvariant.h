// The standard variant; only what is frozen differs.
#include "variants/standard/mpconfigvariant.h"
