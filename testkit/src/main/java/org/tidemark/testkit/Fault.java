// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

/**
 * How one operation of a store fails. Immutable.
 *
 * @param at the number of the operation, from 1
 */
public record Fault(int at, Moment moment, Lasting lasting) {
    /** How far the operation has come when it fails. */
    public enum Moment {
        /** Nothing has happened. */
        BEFORE,
        /** A stream breaks off in its middle, of several deletions some were done, a put has stored nothing. */
        HALF_WAY,
        /** It took effect, and the answer got lost; a stream breaks off at its end. */
        AFTER
    }

    /** For how long it fails. */
    public enum Lasting {
        /** That operation alone. */
        ONCE,
        /** That operation and every later one. */
        FROM_THEN_ON
    }

    boolean hits(int operation) {
        return switch (lasting) {
            case ONCE -> operation == at;
            case FROM_THEN_ON -> operation >= at;
        };
    }

    @Override
    public String toString() {
        return "fault at operation " + at + ", " + moment + ", " + lasting;
    }
}
