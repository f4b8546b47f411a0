// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

/**
 * The parts of a base backup's copy data: archives, then the manifest. The form depends on the server's version. After
 * {@link #nextPiece} the caller reads the bytes of the piece from the session's {@link MessageReader}. Not thread-safe.
 */
sealed interface CopyParts permits SingleCopyParts, SeparateCopyParts {
    /** The kind of a part. */
    sealed interface Part {
        /** One tar archive; {@code oid} is the tablespace's OID, 0 for the data directory. */
        record Archive(long oid) implements Part {}

        record Manifest() implements Part {}

        /** The end of the copy: there are no more parts. */
        record End() implements Part {}
    }

    /** Goes to the next part; the caller must have read the current part to its end. */
    Part nextPart();

    /** Goes to the next piece of the current part; returns false at its end. A piece may be empty. */
    boolean nextPiece();

    /** Whether the server omits the two blocks of zeros at the end of a tar archive. */
    boolean lacksTarEnd();
}
