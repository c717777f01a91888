// The door to blst, and nothing more.
#pragma once
#include <blst.h>
