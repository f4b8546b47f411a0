// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** One row of a simple query: the bytes of each field, empty for NULL. Immutable by convention. */
record ResultRow(List<Optional<byte[]>> fields) {
    Optional<byte[]> bytes(int column) {
        return column < fields.size() ? fields.get(column) : Optional.empty();
    }

    Optional<String> text(int column) {
        return bytes(column).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }
}
