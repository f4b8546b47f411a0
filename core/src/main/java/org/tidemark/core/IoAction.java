// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;

/** A step that reads or writes. */
@FunctionalInterface
public interface IoAction {
    void run() throws IOException;

    /** A step with a result. */
    @FunctionalInterface
    interface Returning<T> {
        T run() throws IOException;
    }
}
