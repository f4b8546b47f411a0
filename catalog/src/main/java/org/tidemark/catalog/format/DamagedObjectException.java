// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectKey;

/**
 * Stored bytes do not have the form or digest that they must have. Reading them again from the same place does not
 * help.
 */
public final class DamagedObjectException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient ObjectKey key;
    private final String problem;

    /** @param problem what does not fit, to follow the name of the object: {@code "its header is cut off"} */
    public DamagedObjectException(ObjectKey key, String problem, @Nullable Throwable cause) {
        super("'" + key + "' is damaged: " + problem, cause);
        this.key = key;
        this.problem = problem;
    }

    public DamagedObjectException(ObjectKey key, String problem) {
        this(key, problem, null);
    }

    public ObjectKey key() {
        return key;
    }

    /** What does not fit. */
    public String problem() {
        return problem;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
