// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import org.jspecify.annotations.Nullable;

/**
 * The operator's name for a cluster. It is part of every key, so it has letters, digits, dots, hyphens and underscores
 * only. Immutable.
 *
 * @param value 1 to 63 characters, the first a letter or a digit
 */
public record ClusterName(String value) {
    /** A command that takes a cluster's name reads this as "all clusters", so no cluster can have this name. */
    public static final String ALL = "all";

    public ClusterName {
        if (!value.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
            throw new IllegalArgumentException("not a cluster name: '" + value
                    + "' (expected up to 63 letters, digits, dots, hyphens or underscores)");
        }
    }

    // Written out: linking a record's own costs every WAL command milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ClusterName that && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }
}
