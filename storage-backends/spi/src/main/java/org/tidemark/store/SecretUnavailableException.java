// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * A secret is currently unavailable: its file cannot be read, or its command failed. The configuration may still be
 * right, and the next attempt may succeed.
 */
public final class SecretUnavailableException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    SecretUnavailableException(String problem) {
        super(problem);
    }

    SecretUnavailableException(String problem, Throwable cause) {
        super(problem, cause);
    }
}
