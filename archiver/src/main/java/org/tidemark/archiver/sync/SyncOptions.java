// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.sync;

/**
 * How an archive is copied. Immutable.
 *
 * @param jobs how many objects at once, 1 or more
 * @param doing whether anything is stored
 * @param comparing what is done with objects that both repositories hold
 */
public record SyncOptions(int jobs, Doing doing, Comparing comparing) {
    public SyncOptions {
        if (jobs < 1) {
            throw new IllegalArgumentException("not a number of jobs: " + jobs);
        }
    }

    /** What is done with an object that is missing. */
    public enum Doing {
        COPY,
        /** Only counted. */
        PLAN
    }

    /** What is done with an object that is in both. */
    public enum Comparing {
        /** The digests in both headers are compared: two small reads for each. */
        HEADERS,
        NOTHING
    }

    SyncOptions withoutComparing() {
        return new SyncOptions(jobs, doing, Comparing.NOTHING);
    }
}
