// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tidemark.store.CustomerKey;
import org.tidemark.store.StoreOptions;

/**
 * The settings of new objects. Immutable; secrets are printed as stars.
 *
 * @param storageClass Google's name of the class; empty for the bucket's default
 * @param kmsKey the full name of a key of Cloud KMS, with which Google encrypts
 * @param lockFor the time during which nobody can change or delete an object
 */
record GcsObjectSettings(
        Optional<String> storageClass,
        Optional<String> kmsKey,
        Optional<CustomerKey> customerKey,
        Optional<Duration> lockFor) {
    static final String CUSTOMER_KEY_VARIABLE = "TIDEMARK_GCS_CUSTOMER_KEY";

    /** Objects of all classes can be read at once; the classes differ in price and minimum storage time. */
    private static final Map<String, String> CLASSES =
            Map.of("standard", "STANDARD", "nearline", "NEARLINE", "coldline", "COLDLINE", "archive", "ARCHIVE");

    private static final Pattern KMS_KEY =
            Pattern.compile("projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+");

    /** Google's maximum: "100 years". */
    private static final Duration MAX_LOCK = Duration.ofDays(36_500);

    static GcsObjectSettings of(StoreOptions options) {
        Optional<String> kmsKey = options.text(GcsOptions.KMS_KEY);
        if (kmsKey.isPresent() && !KMS_KEY.matcher(kmsKey.get()).matches()) {
            throw StoreOptions.wrong(
                    GcsOptions.KMS_KEY,
                    kmsKey.get(),
                    "projects/…/locations/…/keyRings/…/cryptoKeys/…, without a version");
        }
        Optional<CustomerKey> customerKey = CustomerKey.of(options, GcsOptions.CUSTOMER_KEY, CUSTOMER_KEY_VARIABLE);
        if (kmsKey.isPresent() && customerKey.isPresent()) {
            throw new IllegalArgumentException("both '" + GcsOptions.KMS_KEY + "' and '" + GcsOptions.CUSTOMER_KEY
                    + "-…' are given (expected one of them)");
        }
        return new GcsObjectSettings(
                options.text(GcsOptions.STORAGE_CLASS).map(GcsObjectSettings::storageClass),
                kmsKey,
                customerKey,
                lockFor(options));
    }

    private static String storageClass(String text) {
        String name = CLASSES.get(text);
        if (name == null) {
            throw StoreOptions.wrong(GcsOptions.STORAGE_CLASS, text, "standard, nearline, coldline or archive");
        }
        return name;
    }

    private static Optional<Duration> lockFor(StoreOptions options) {
        Optional<String> text = options.text(GcsOptions.LOCK_FOR);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Duration lock = options.duration(GcsOptions.LOCK_FOR);
        if (lock.compareTo(MAX_LOCK) > 0) {
            throw StoreOptions.wrong(GcsOptions.LOCK_FOR, text.get(), "at most " + MAX_LOCK.toDays() + "d");
        }
        return Optional.of(lock);
    }
}
