// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

/**
 * How an archive is copied. Immutable.
 *
 * @param jobs how many objects at once, 1 or more
 * @param mode whether anything is stored
 * @param comparing what is done with objects that both repositories hold
 */
public record SyncOptions(int jobs, SyncMode mode, Comparing comparing) {
    public SyncOptions {
        if (jobs < 1) {
            throw new IllegalArgumentException("not a number of jobs: " + jobs);
        }
    }

    /** What is done with an object that is missing. */
    public enum SyncMode {
        COPY,
        /** Only counted. */
        DRY_RUN
    }

    /** What is done with an object that is in both. */
    public enum Comparing {
        /**
         * Of a WAL file the sizes, and the digests in both headers: two small reads. Of a backup every object is read
         * whole in both, and compared with its digest.
         */
        DIGESTS,
        /** Only what is there already of a backup that is about to be published: read whole. */
        UNPUBLISHED,
        /** Of backups the sizes alone, and the manifests of one that is about to be published. */
        NOTHING
    }

    /** For the way back between two repositories: what both hold was compared on the way there. */
    public SyncOptions back() {
        return comparing == Comparing.DIGESTS ? new SyncOptions(jobs, mode, Comparing.UNPUBLISHED) : this;
    }
}
