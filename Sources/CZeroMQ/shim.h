#pragma once
#include <zmq.h>

/// `ZMQ_ZAP_ENFORCE_DOMAIN`, which zmq.h 4.3.4 declares only among its draft names though the library has it. Without it libzmq
/// admits any CURVE key when no ZAP domain is set.
enum { CZMQ_ZAP_ENFORCE_DOMAIN = 93 };
