/*
 * A list of what happened, kept in RAM while it happens and printed afterwards: printing from a handler
 * would disturb what is being observed.
 */
#pragma once
#include "exception.h"

/* Notes an event with the IPSR it happened at. */
void trace(const char *event);
/* The same with a value. */
void trace_value(const char *event, uint32_t value);
/* The exception's number, EXC_RETURN, stacked pc (as origin+offset when near), xPSR, and depth of the frame. */
void trace_exception(const char *event, const struct exception *e);
/* CFSR, HFSR and, where valid, MMFAR and BFAR; clears them. */
void trace_faults(const char *event);
/* Later stacked pcs are shown relative to this address. */
void trace_origin(const void *origin);
/* Prints the list and empties it. */
void trace_print(const char *title);

/* A handler for faults: notes everything, then abandons the attempt. */
void trace_and_abandon(struct exception *e);
