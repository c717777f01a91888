// The door to libsecp256k1 with its recovery module, and nothing more.
#pragma once
#include <secp256k1.h>
#include <secp256k1_recovery.h>
