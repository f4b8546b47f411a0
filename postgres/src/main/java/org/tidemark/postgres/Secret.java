// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.Optional;

/** An optional password, which no message shows. Immutable. */
public record Secret(Optional<String> value) {
    public static final Secret NONE = new Secret(Optional.empty());

    public static Secret of(String value) {
        return new Secret(Optional.of(value));
    }

    @Override
    public String toString() {
        return value.isPresent() ? "********" : "";
    }
}
