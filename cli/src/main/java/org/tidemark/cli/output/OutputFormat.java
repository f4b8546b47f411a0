// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.util.Locale;

/** What {@code --output} may be. */
public enum OutputFormat {
    TEXT,
    JSON;

    /** As it is written after the option. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
