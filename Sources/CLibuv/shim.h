// The door to libuv, and nothing more. What Swift cannot import (macros, unions) gets a static inline function here.
#pragma once
#include <uv.h>
