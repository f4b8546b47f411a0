// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations;

/** Shows how far a part of an operation is, until it is closed. Thread-safe. */
public interface ObjectProgress extends AutoCloseable {
    /** The total until now. */
    void done(long objects, long bytes);

    @Override
    void close();
}
