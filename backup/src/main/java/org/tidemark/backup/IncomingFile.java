// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import org.tidemark.backup.source.FileSink.FileFacts;
import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.Piece;

/** A file of which some bytes have arrived, and some have found their place in a bundle. Not thread-safe. */
final class IncomingFile {
    private final FileFacts facts;
    private final List<Piece> pieces = new ArrayList<>();
    private final MessageDigest digests = Sha256.newDigest();
    private long placed;
    private OptionalInt crc32c = OptionalInt.empty();

    IncomingFile(FileFacts facts) {
        this.facts = facts;
    }

    String path() {
        return facts.path();
    }

    long size() {
        return facts.size();
    }

    /** The last byte has been read. */
    void arrived(int crcOfAll) {
        crc32c = OptionalInt.of(crcOfAll);
    }

    /** The next part, in order, has its place. */
    void place(int bundle, int frame, int offset, FramePart part) {
        pieces.add(new Piece(bundle, frame, part.at(), offset, part.size()));
        digests.update(HexFormat.of().parseHex(part.sha256().hex()));
        placed += part.size();
    }

    boolean isComplete() {
        return crc32c.isPresent() && placed == facts.size();
    }

    /** Called once, when the file {@link #isComplete}. */
    FileEntry entry() {
        return new FileEntry(
                facts.path(),
                facts.mode(),
                facts.size(),
                facts.modified(),
                crc32c.orElseThrow(),
                Sha256.finish(digests),
                pieces);
    }
}
