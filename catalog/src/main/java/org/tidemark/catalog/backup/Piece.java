// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.backup.Placement.Pages;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.core.JsonObject;

/**
 * A part of a file, and the frame that has its bytes. Immutable.
 *
 * @param bundle its number in the list of bundles
 * @param start of the frame in that bundle, in bytes
 * @param length of the frame's stored bytes
 * @param offset where the piece begins in the frame's data, in bytes
 * @param placement which bytes of the file it has
 * @param checksums of all its bytes
 * @param except pages of the piece that are not the file's: another piece has newer contents of them, or the file ends
 *     before them. They are compared with the others, and not written
 * @param updated of a range: the checksums of what the file has from its first byte on, up to
 *     {@link Frame#MAX_DATA_BYTES} or its end; empty if these are the bytes of the piece, or were not read as a whole
 */
public record Piece(
        int bundle,
        long start,
        int length,
        int offset,
        Placement placement,
        PieceChecksums checksums,
        Optional<PageList> except,
        Optional<PieceChecksums> updated) {
    public Piece {
        if (bundle < 1
                || start < 0
                || length < 1
                || offset < 0
                || placement.sizeBytes() > Frame.MAX_DATA_BYTES
                || offset > Frame.MAX_DATA_BYTES - placement.sizeBytes()) {
            throw new IllegalArgumentException("not a piece: bundle " + bundle + ", " + length + " bytes from " + start
                    + ", offset " + offset + ", " + placement);
        }
        if (except.isPresent() && placement.stretchesWithout(except.get()).isEmpty()) {
            throw new IllegalArgumentException("a piece excepts all of its pages: " + except.get());
        }
        if (updated.isPresent() && !(placement instanceof Range)) {
            throw new IllegalArgumentException("only a range can be updated");
        }
    }

    /** A piece of which it is not known what became of its range. */
    public Piece(
            int bundle,
            long start,
            int length,
            int offset,
            Placement placement,
            PieceChecksums checksums,
            Optional<PageList> except) {
        this(bundle, start, length, offset, placement, checksums, except, Optional.empty());
    }

    /** A range of a file, all of which is written. */
    public Piece(int bundle, long start, int length, int offset, long at, int size, PieceChecksums checksums) {
        this(bundle, start, length, offset, new Range(at, size), checksums, Optional.empty());
    }

    /** The same bytes of the same frame, of which a file has other pages. */
    public Piece with(Optional<PageList> pagesExcepted, Optional<PieceChecksums> nowInFile) {
        return new Piece(bundle, start, length, offset, placement, checksums, pagesExcepted, nowInFile);
    }

    /** The length in bytes, excepted pages included. */
    public int size() {
        return placement.sizeBytes();
    }

    /** What is written of it, in the order of its data; never empty. */
    public List<Stretch> written() {
        return except.isEmpty() ? placement.stretches() : placement.stretchesWithout(except.get());
    }

    /** How many bytes of the file it gives. */
    public int writtenBytes() {
        return size() - except.map(PageList::sizeBytes).orElse(0L).intValue();
    }

    Map<String, Object> members() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("bundle", bundle);
        members.put("start", start);
        members.put("length", length);
        members.put("offset", offset);
        placement.putInto(members);
        except.ifPresent(pages -> members.put("except", pages.toString()));
        checksums.putInto(members);
        updated.ifPresent(each -> members.put("updated", each.members()));
        return members;
    }

    /** @throws IllegalArgumentException if the members are not a piece of a cluster with pages of this size */
    static Piece from(JsonObject members, int pageSize) {
        Placement placement = Placement.from(members);
        if (placement instanceof Pages(PageList pages) && pages.pageSize() != pageSize) {
            throw new IllegalArgumentException(
                    "the pages '" + pages + "' have " + pages.sizeBytes() + " bytes, and not " + pageSize + " each");
        }
        return new Piece(
                members.integer("bundle"),
                members.number("start"),
                members.integer("length"),
                members.integer("offset"),
                placement,
                PieceChecksums.from(members),
                members.optionalText("except").map(text -> new PageList(pageSize, PageList.parse(text))),
                members.find("updated", JsonObject.class).map(PieceChecksums::from));
    }
}
