// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

/**
 * A password or a key. Immutable; printed as asterisks, so that no message and no log can contain it by accident.
 *
 * @param value the secret itself, only for the client library
 */
public record Secret(String value) {
    @Override
    public String toString() {
        return "********";
    }
}
