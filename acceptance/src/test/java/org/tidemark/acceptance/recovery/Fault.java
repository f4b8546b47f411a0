// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

/**
 * What can be wrong with one object while others are well, in an order in which each can follow the one before without
 * the object being well in between.
 */
enum Fault {
    /** One byte of its payload differs. */
    DAMAGED,
    /** It is not there, and later ones are. */
    MISSING,
    /** Another segment's object is under its name. */
    WRONG_FILE,
    /** The store refuses to read it. */
    DENIED,
    /** The store is gone while this one is asked for, as an unmounted disk is. */
    UNREACHABLE
}
