// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * A password or a key. Immutable; printed as stars, so that no message and no log can hold it by accident.
 *
 * @param value for the client library alone
 */
public record Secret(String value) {
    @Override
    public String toString() {
        return "********";
    }
}
