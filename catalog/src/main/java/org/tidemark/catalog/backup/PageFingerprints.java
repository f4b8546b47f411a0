// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The fingerprint of each page of a part of a file, one after the other: by them the next backup knows which pages have
 * changed since, without reading the part. They are in the index of a bundle. Immutable.
 */
public final class PageFingerprints {
    private final long[] pages;

    private PageFingerprints(long[] pages) {
        this.pages = pages;
    }

    /**
     * Those of a part; empty if it does not consist of several whole pages: the fingerprint of a single page is that of
     * the part.
     *
     * @param offset where the part begins in {@code data}
     * @param pageSize in bytes
     */
    static Optional<PageFingerprints> of(
            FingerprintKey key, byte[] data, int offset, Placement placement, int pageSize) {
        if (!placement.isWholePages(pageSize) || placement.sizeBytes() == pageSize) {
            return Optional.empty();
        }
        return Optional.of(of(key, data, offset, placement.sizeBytes() / pageSize, pageSize));
    }

    private static PageFingerprints of(FingerprintKey key, byte[] data, int offset, int count, int pageSize) {
        long[] pages = new long[count];
        for (int page = 0; page < count; page++) {
            pages[page] = key.fingerprint(data, offset + page * pageSize, pageSize);
        }
        return new PageFingerprints(pages);
    }

    /** Those of the same pages by another key. */
    PageFingerprints withKey(FingerprintKey key, byte[] data, int offset, int size) {
        return of(key, data, offset, pages.length, size / pages.length);
    }

    /** Whether they are those of some bytes, which are as long as the part. */
    boolean match(FingerprintKey key, byte[] data, int offset, int size) {
        return equals(withKey(key, data, offset, size));
    }

    /** How many pages there are. */
    public int count() {
        return pages.length;
    }

    /**
     * That of one page.
     *
     * @param page of the part, from 0
     */
    public long fingerprint(int page) {
        return pages[page];
    }

    /** Base64 of eight bytes for each, the most significant first. */
    String encode() {
        ByteBuffer bytes = ByteBuffer.allocate(pages.length * Long.BYTES);
        bytes.asLongBuffer().put(pages);
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    /** @throws IllegalArgumentException if it is not what {@link #encode} gives for pages of a part of this size */
    static PageFingerprints parse(String text, int size) {
        byte[] bytes = Base64.getDecoder().decode(text);
        int count = bytes.length / Long.BYTES;
        if (count < 2 || bytes.length % Long.BYTES != 0 || size % count != 0) {
            throw new IllegalArgumentException("not the fingerprints of pages of " + size + " bytes: '" + text + "'");
        }
        long[] pages = new long[count];
        ByteBuffer.wrap(bytes).asLongBuffer().get(pages);
        return new PageFingerprints(pages);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PageFingerprints that && Arrays.equals(pages, that.pages);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(pages);
    }

    @Override
    public String toString() {
        return encode();
    }
}
