// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

/**
 * The copy data of a base backup, cut into its parts: archives, then the manifest. Two forms exist, by version. The
 * bytes of a piece are read from the session's {@link MessageReader}, which stands on them after {@link #nextPiece}.
 * Not thread-safe.
 */
sealed interface CopyParts permits SingleCopyParts, SeparateCopyParts {
    /** What a part is. */
    sealed interface Part {
        /** One tar archive; {@code oid} is the tablespace's, 0 for the data directory. */
        record Archive(long oid) implements Part {}

        record Manifest() implements Part {}

        /** No more parts: the copy is over. */
        record End() implements Part {}
    }

    /** Goes on to the next part; only when the present one is read to its end. */
    Part nextPart();

    /** Goes on to the next piece of the present part; false at its end. A piece may be empty. */
    boolean nextPiece();

    /** Whether the server leaves out the two blocks of zeros that end a tar archive. */
    boolean lacksTarEnd();
}
