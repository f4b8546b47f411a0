// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.util.UUID;

/**
 * What tells one repository from another that is found at the same address. Immutable.
 *
 * @param value a UUID in lower case
 */
public record RepositoryId(String value) {
    public RepositoryId {
        if (!isUuid(value)) {
            throw new IllegalArgumentException("not a repository id: '" + value + "' (expected a UUID in lower case)");
        }
    }

    public static RepositoryId random() {
        return new RepositoryId(UUID.randomUUID().toString());
    }

    private static boolean isUuid(String text) {
        try {
            return UUID.fromString(text).toString().equals(text);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
