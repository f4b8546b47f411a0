// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.PastStore;
import org.tidemark.store.StoreOptions;

/**
 * The address and all options of a store in a bucket. Immutable.
 *
 * @param prefix of the repository's keys, which this store leaves to {@link org.tidemark.store.PrefixStore}
 * @param checksums how checksums are sent; empty to detect it
 * @param asOf the moment as of which the bucket is read; empty to read and write it as it is
 */
record S3Config(
        String bucket,
        String prefix,
        S3Endpoint endpoint,
        S3Credentials credentials,
        ObjectSettings objects,
        Optional<Checksums> checksums,
        Optional<Instant> asOf,
        TimeLimits limits) {
    /** How the checksum of an upload is sent. */
    enum Checksums {
        /** CRC-32 in a trailer after the bytes, as Amazon requires it: the source is read once. */
        TRAILER,
        /** MD5 in a header before the bytes, as old servers require it: the source is read twice. */
        HEADER
    }

    /**
     * Reads the options.
     *
     * @throws IllegalArgumentException if one of them is not valid
     */
    static S3Config parse(S3Address address, StoreOptions options) {
        S3Endpoint endpoint = S3Endpoint.of(options);
        return new S3Config(
                address.bucket(),
                address.prefix(),
                endpoint,
                S3Credentials.of(options),
                ObjectSettings.of(options, endpoint),
                checksums(options),
                PastStore.moment(options),
                options.timeLimits());
    }

    private static Optional<Checksums> checksums(StoreOptions options) {
        return switch (options.choice(S3Options.CHECKSUMS)) {
            case "always" -> Optional.of(Checksums.TRAILER);
            case "when-required" -> Optional.of(Checksums.HEADER);
            default -> Optional.empty();
        };
    }

    String description() {
        return "s3://".concat(bucket);
    }
}
