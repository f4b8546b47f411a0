// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

/**
 * A destination did not take what was to be told. The message names no secret address, and nothing that it answered.
 */
final class DeliveryFailed extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean isRefused;

    DeliveryFailed(String message) {
        this(message, false);
    }

    private DeliveryFailed(String message, boolean isRefused) {
        super(message);
        this.isRefused = isRefused;
    }

    /** The destination answered that it does not take this one; it may take others. */
    static DeliveryFailed refused(String message) {
        return new DeliveryFailed(message, true);
    }

    boolean isRefused() {
        return isRefused;
    }
}
