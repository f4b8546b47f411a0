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

    /** The treatment of an object that is missing. */
    public enum SyncMode {
        COPY,
        /** Only counted. */
        DRY_RUN
    }

    /** The treatment of an object that is in both repositories. */
    public enum Comparing {
        /**
         * Compares the sizes of a WAL file, and the digests in both headers: two small reads. Every object of a backup
         * is read whole in both, and compared with its digest.
         */
        DIGESTS,
        /** The same where the way back follows: of a backup only what the target holds is read, and repaired. */
        THERE,
        /** The way back: of a backup what its target holds is read, and repaired. Of a WAL file nothing. */
        BACK,
        /** Compares the sizes alone of backups, and the manifests of a backup that is about to be published. */
        NOTHING;

        boolean readsSource() {
            return this == DIGESTS;
        }

        boolean readsTarget() {
            return this != NOTHING;
        }

        /** Whether this is the way on which documents and headers of both are compared. */
        boolean readsHeaders() {
            return this == DIGESTS || this == THERE;
        }
    }

    /** For the way there between two repositories that are to be made equal. */
    public SyncOptions there() {
        return with(Comparing.THERE);
    }

    /** For the way back. */
    public SyncOptions back() {
        return with(Comparing.BACK);
    }

    private SyncOptions with(Comparing other) {
        return comparing == Comparing.NOTHING ? this : new SyncOptions(jobs, mode, other);
    }
}
