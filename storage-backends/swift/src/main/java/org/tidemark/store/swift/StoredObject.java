// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What Swift says of an object. Immutable.
 *
 * @param etag its digest
 * @param stored to the hundred thousandth of a second, as listings have it
 */
record StoredObject(long sizeBytes, String etag, Instant stored) {
    /** Empty if the answer does not say all of it. */
    static Optional<StoredObject> of(Answer head) {
        OptionalLong size = head.headers().firstValueAsLong("Content-Length");
        Optional<Instant> stored = stored(head);
        return size.isPresent() && stored.isPresent()
                ? Optional.of(new StoredObject(size.getAsLong(), head.etag(), stored.get()))
                : Optional.empty();
    }

    private static Optional<Instant> stored(Answer head) {
        try {
            return head.header("X-Timestamp")
                    .map(StoredObject::timestamp)
                    .or(() -> head.header("Last-Modified")
                            .map(text -> ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                                    .toInstant()));
        } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Seconds since 1970, with five digits behind the point. */
    private static Instant timestamp(String text) {
        BigDecimal nanos = new BigDecimal(text).movePointRight(9);
        return Instant.ofEpochSecond(0, nanos.longValueExact());
    }
}
