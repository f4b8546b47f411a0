// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.rest.Response;
import com.azure.core.util.Context;
import com.azure.core.util.DateTimeRfc1123;
import com.azure.storage.blob.models.BlobProperties;
import com.azure.storage.blob.models.BlobStorageException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * The time by the service's clock, since it is by that one that an object is locked: a host whose clock is wrong would
 * lock for too short or too long. Asked once, from the date of an answer. Thread-safe.
 */
final class ServiceClock {
    private final Container container;
    private final Requests requests;
    private final AzureErrors errors;
    private final AtomicReference<@Nullable Reading> first = new AtomicReference<>();

    ServiceClock(Container container, Requests requests, AzureErrors errors) {
        this.container = container;
        this.requests = requests;
        this.errors = errors;
    }

    private record Reading(OffsetDateTime time, long atNanos) {}

    /** @param key any one; whether there is such an object does not matter */
    OffsetDateTime now(ObjectKey key) throws StorageException {
        Reading reading = first.get();
        if (reading == null) {
            String date = requests.send(Operation.LOOK_UP, key.value(), context -> date(key, context));
            if (date.isEmpty()) {
                throw errors.unavailable(Operation.LOOK_UP, key.value(), "the answer has no date");
            }
            reading = new Reading(new DateTimeRfc1123(date).getDateTime(), System.nanoTime());
            first.set(reading);
        }
        return reading.time.plus(Duration.ofNanos(System.nanoTime() - reading.atNanos));
    }

    private String date(ObjectKey key, Context context) {
        try {
            Response<BlobProperties> answer = container.blob(key).getPropertiesWithResponse(null, null, context);
            return text(answer.getHeaders().getValue(HttpHeaderName.DATE));
        } catch (BlobStorageException e) {
            HttpResponse answer = e.getResponse();
            return answer == null ? "" : text(answer.getHeaderValue(HttpHeaderName.DATE));
        }
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }
}
