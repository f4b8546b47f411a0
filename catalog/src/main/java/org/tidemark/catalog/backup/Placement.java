// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.tidemark.core.JsonObject;

/**
 * The part of a file that the bytes of a piece are: as the manifest and the index of a bundle describe it. Immutable.
 */
public sealed interface Placement {
    /** The length of the bytes. */
    int sizeBytes();

    /** Where the bytes belong in the file, in their order. */
    List<Stretch> stretches();

    /** Whether they begin with a page of the file, and end with one. */
    default boolean isWholePages(int pageSize) {
        return switch (this) {
            case Range(long at, int size) -> at % pageSize == 0 && size % pageSize == 0;
            case Pages(PageList pages) -> pages.pageSize() == pageSize;
        };
    }

    /**
     * Neighbouring bytes.
     *
     * @param at the offset in the file, in bytes
     * @param sizeBytes 1 or more
     */
    record Range(long at, int sizeBytes) implements Placement {
        public Range {
            if (at < 0 || sizeBytes < 1 || at > Long.MAX_VALUE - sizeBytes) {
                throw new IllegalArgumentException("not a part of a file: " + sizeBytes + " bytes from " + at);
            }
        }

        @Override
        public List<Stretch> stretches() {
            return List.of(new Stretch(0, at, sizeBytes));
        }
    }

    /** Single pages, one after the other. */
    record Pages(PageList pages) implements Placement {
        public Pages {
            if (pages.sizeBytes() > Frame.MAX_DATA_BYTES) {
                throw new IllegalArgumentException("a frame cannot hold the pages " + pages);
            }
        }

        @Override
        public int sizeBytes() {
            return (int) pages.sizeBytes();
        }

        @Override
        public List<Stretch> stretches() {
            List<Stretch> stretches = new ArrayList<>();
            int offset = 0;
            for (PageList.Run run : pages.runs()) {
                int size = run.count() * pages.pageSize();
                stretches.add(new Stretch(offset, (long) run.first() * pages.pageSize(), size));
                offset += size;
            }
            return stretches;
        }
    }

    /** The numbers of the pages that it {@linkplain #isWholePages consists of}. */
    default BitSet pages(int pageSize) {
        return switch (this) {
            case Range(long at, int size) -> {
                BitSet pages = new BitSet();
                pages.set((int) (at / pageSize), (int) ((at + size) / pageSize));
                yield pages;
            }
            case Pages(PageList pages) -> pages.bits();
        };
    }

    /**
     * Bytes that are neighbours in the data of a piece and in the file.
     *
     * @param offset in the data of the piece
     * @param at in the file
     */
    record Stretch(int offset, long at, int sizeBytes) {
        public long end() {
            return at + sizeBytes;
        }

        /** The part from one byte of the file up to another one. */
        private Stretch between(long from, long to) {
            return new Stretch((int) (offset + from - at), from, (int) (to - from));
        }
    }

    /**
     * Where the bytes belong that are not on some pages.
     *
     * @param except pages whose bytes are all in this part of the file
     * @throws IllegalArgumentException if they are not
     */
    default List<Stretch> stretchesWithout(PageList except) {
        List<Stretch> left = new ArrayList<>();
        long without = 0;
        int next = 0;
        for (Stretch stretch : stretches()) {
            long from = stretch.at();
            for (; next < except.runs().size(); next++) {
                long begin = (long) except.runs().get(next).first() * except.pageSize();
                long end = begin + (long) except.runs().get(next).count() * except.pageSize();
                if (begin < from || end > stretch.end()) {
                    break;
                }
                if (begin > from) {
                    left.add(stretch.between(from, begin));
                }
                without += end - begin;
                from = end;
            }
            if (from < stretch.end()) {
                left.add(stretch.between(from, stretch.end()));
            }
        }
        if (without != except.sizeBytes()) {
            throw new IllegalArgumentException("a piece has not all of the pages " + except + " that it excepts");
        }
        return left;
    }

    /** Adds the members that say this, in the manifest and in the index of a bundle. */
    default void putInto(Map<String, Object> members) {
        switch (this) {
            case Range range -> members.put("at", range.at());
            case Pages pages -> members.put("pages", pages.pages().toString());
        }
        members.put("size", sizeBytes());
    }

    /**
     * What the members say that {@link #putInto} adds.
     *
     * @throws IllegalArgumentException if a member is missing, or does not fit the others
     */
    static Placement from(JsonObject members) {
        int size = members.integer("size");
        if (!members.has("pages")) {
            return new Range(members.number("at"), size);
        }
        List<PageList.Run> runs = PageList.parse(members.text("pages"));
        long count = runs.stream().mapToLong(PageList.Run::count).sum();
        if (members.has("at") || size % count != 0) {
            throw new IllegalArgumentException(
                    "not " + size + " bytes on whole pages: '" + members.text("pages") + "'");
        }
        return new Pages(new PageList((int) (size / count), runs));
    }
}
