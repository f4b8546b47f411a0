// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import org.tidemark.store.StoreOptions;

/**
 * The settings of new objects. Immutable.
 *
 * @param storageClass empty for the bucket's default
 * @param tags as a query, {@code a=b&c=d}; empty for none
 * @param lock the time during which nobody can delete a new object; empty for the bucket's default
 */
record ObjectSettings(
        Encryption encryption, Optional<String> storageClass, Optional<String> tags, Optional<Lock> lock) {
    /** Objects in these classes must be restored before a read, which can take a day. */
    static final List<String> NOT_READABLE_AT_ONCE = List.of("GLACIER", "DEEP_ARCHIVE");

    private static final int MAX_TAGS = 10;

    /**
     * A retention that starts when an object is stored. Immutable.
     *
     * @param mode {@code COMPLIANCE} or {@code GOVERNANCE}
     */
    record Lock(String mode, Duration period) {}

    static ObjectSettings of(StoreOptions options, S3Endpoint endpoint) {
        return new ObjectSettings(
                Encryption.of(options, endpoint), storageClass(options), tags(options), lock(options));
    }

    private static Optional<String> storageClass(StoreOptions options) {
        Optional<String> name = options.text(S3Options.STORAGE_CLASS);
        if (name.isPresent()
                && (NOT_READABLE_AT_ONCE.contains(name.get()) || !name.get().matches("[A-Z0-9_]+"))) {
            throw StoreOptions.wrong(
                    S3Options.STORAGE_CLASS,
                    name.get(),
                    "one whose objects can be read at once, such as STANDARD_IA or GLACIER_IR");
        }
        return name;
    }

    private static Optional<Lock> lock(StoreOptions options) {
        String mode = options.choice(S3Options.LOCK_MODE);
        if (options.text(S3Options.LOCK_FOR).isEmpty()) {
            if (options.text(S3Options.LOCK_MODE).isPresent()) {
                throw new IllegalArgumentException(
                        "'" + S3Options.LOCK_MODE + "' is given without '" + S3Options.LOCK_FOR + "' (expected both)");
            }
            return Optional.empty();
        }
        return Optional.of(new Lock(
                mode.equals("compliance") ? "COMPLIANCE" : "GOVERNANCE", options.duration(S3Options.LOCK_FOR)));
    }

    private static Optional<String> tags(StoreOptions options) {
        Optional<String> text = options.text(S3Options.TAGS);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        StringJoiner query = new StringJoiner("&");
        String[] tags = text.get().split(",", -1);
        for (String tag : tags) {
            int equals = tag.indexOf('=');
            if (equals < 1 || tags.length > MAX_TAGS || tag.substring(0, equals).isBlank()) {
                throw StoreOptions.wrong(
                        S3Options.TAGS, text.get(), "1 to " + MAX_TAGS + " tags, such as team=database,env=prod");
            }
            query.add(encoded(tag.substring(0, equals)) + "=" + encoded(tag.substring(equals + 1)));
        }
        return Optional.of(query.toString());
    }

    static String encoded(String text) {
        return URLEncoder.encode(text.strip(), StandardCharsets.UTF_8).replace("+", "%20");
    }
}
