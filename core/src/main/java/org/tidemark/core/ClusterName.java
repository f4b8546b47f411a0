// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

/**
 * What the operator calls a cluster: a part of every key, so letters, digits, dot, hyphen and underscore only.
 * Immutable.
 *
 * @param value 1 to 63 characters, the first a letter or a digit
 */
public record ClusterName(String value) {
    /** No cluster can be configured under this name: it means all of them where a command asks for one. */
    public static final String ALL = "all";

    public ClusterName {
        if (!value.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
            throw new IllegalArgumentException("not a cluster name: '" + value
                    + "' (expected up to 63 letters, digits, dots, hyphens or underscores)");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
