// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

/** What is certain about a requested file; whatever is not certain is an exception. */
public sealed interface FetchResult {
    /**
     * The verified file is at its target, durable.
     *
     * @param from the repository that it came from
     */
    record Restored(String from) implements FetchResult {}

    /** To this recovery there is no such file: every repository answered so, or it is not on its path. */
    record Absent(String reason) implements FetchResult {}
}
