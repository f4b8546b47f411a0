// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the server computed, or what a client says: both in Base64, the CRC-32C big-endian. Immutable.
 *
 * @see <a href="https://cloud.google.com/storage/docs/data-validation">Data validation and change detection</a>
 */
record Checksums(Optional<String> crc32c, Optional<String> md5) {
    /** From a header such as {@code crc32c=n03x6A==,md5=Ojk9c3dhfxgoKVVHYwFbHQ==}. */
    static Checksums ofHeader(Optional<String> header) {
        Optional<String> crc32c = Optional.empty();
        Optional<String> md5 = Optional.empty();
        for (String part : header.map(text -> List.of(text.split(","))).orElse(List.of())) {
            String trimmed = part.strip();
            if (trimmed.startsWith("crc32c=")) {
                crc32c = Optional.of(trimmed.substring("crc32c=".length()));
            } else if (trimmed.startsWith("md5=")) {
                md5 = Optional.of(trimmed.substring("md5=".length()));
            } else {
                throw ApiError.invalid("the header x-goog-hash has neither crc32c= nor md5=: '" + part + "'");
            }
        }
        return new Checksums(crc32c, md5);
    }

    /** Refuses content that does not have the sums that the client announced. */
    void check(Checksums computed) {
        if (crc32c.isPresent() && !crc32c.equals(computed.crc32c)) {
            throw ApiError.invalid("Provided CRC32C \"" + crc32c.get() + "\" doesn't match calculated CRC32C \""
                    + computed.crc32c.orElse("") + "\".");
        }
        if (md5.isPresent() && !md5.equals(computed.md5)) {
            throw ApiError.invalid("Provided MD5 hash \"" + md5.get() + "\" doesn't match calculated MD5 hash \""
                    + computed.md5.orElse("") + "\".");
        }
    }

    String header() {
        List<String> parts = new ArrayList<>();
        crc32c.ifPresent(sum -> parts.add("crc32c=" + sum));
        md5.ifPresent(sum -> parts.add("md5=" + sum));
        return String.join(",", parts);
    }
}
