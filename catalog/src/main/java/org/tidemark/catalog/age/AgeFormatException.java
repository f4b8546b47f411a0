// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Bytes are no age file, or not the one that was written. The message says what does not fit. */
public final class AgeFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    AgeFormatException(String problem) {
        this(problem, null);
    }

    AgeFormatException(String problem, @Nullable Throwable cause) {
        super(problem, cause);
    }
}
