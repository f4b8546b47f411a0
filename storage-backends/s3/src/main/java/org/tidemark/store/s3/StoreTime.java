// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * The time by the server's clock, asked for once: a lock ends by that clock, and a host whose own is wrong would lock
 * for too long or not at all. Thread-safe.
 */
final class StoreTime {
    private final Listing listing;
    private @Nullable Instant asked;
    private long askedNanos;

    StoreTime(Listing listing) {
        this.listing = listing;
    }

    synchronized Instant now() throws Exception {
        Instant then = asked;
        if (then == null) {
            then = ask();
            asked = then;
            askedNanos = System.nanoTime();
        }
        return then.plus(Duration.ofNanos(System.nanoTime() - askedNanos));
    }

    private Instant ask() throws Exception {
        String date = dateOfAnAnswer();
        try {
            return ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
        } catch (DateTimeException e) {
            throw new IOException("the server does not tell its time, by which a lock would end: '" + date + "'", e);
        }
    }

    /** A refusal tells the time as well: whose key may only write has no right to list. */
    private String dateOfAnAnswer() throws Exception {
        SdkHttpResponse answer;
        try {
            answer = listing.first().sdkHttpResponse();
        } catch (AwsServiceException e) {
            if (e.statusCode() != 403 || e.awsErrorDetails() == null) {
                throw e;
            }
            answer = e.awsErrorDetails().sdkHttpResponse();
        }
        return answer == null ? "" : answer.firstMatchingHeader("Date").orElse("");
    }
}
