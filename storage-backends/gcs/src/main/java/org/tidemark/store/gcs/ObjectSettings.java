// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tidemark.store.Secret;
import org.tidemark.store.StoreOptions;

/**
 * What each object is given when it is stored. Immutable; what is secret in it is printed as stars.
 *
 * @param storageClass as Google names it; empty for the bucket's own
 * @param kmsKey the full name of a key of Cloud KMS, with which Google encrypts
 * @param customerKey with which Google encrypts, and forgets it: nothing can be read without it. AES-256 in base64
 * @param lockFor no one can change or remove an object for so long
 */
record ObjectSettings(
        Optional<String> storageClass,
        Optional<String> kmsKey,
        Optional<Secret> customerKey,
        Optional<Duration> lockFor) {
    static final String STORAGE_CLASS_OPTION = "storage-class";
    static final String KMS_KEY_OPTION = "kms-key";
    static final String CUSTOMER_KEY_OPTION = "customer-key";
    static final String CUSTOMER_KEY_VARIABLE = "TIDEMARK_GCS_CUSTOMER_KEY";
    static final String LOCK_FOR_OPTION = "lock-for";
    static final List<String> OPTIONS = List.of(
            STORAGE_CLASS_OPTION,
            KMS_KEY_OPTION,
            CUSTOMER_KEY_OPTION + "-file",
            CUSTOMER_KEY_OPTION + "-command",
            LOCK_FOR_OPTION);

    /** Each of them can be read at once; they differ in price and in how long an object is paid for at least. */
    private static final Map<String, String> CLASSES =
            Map.of("standard", "STANDARD", "nearline", "NEARLINE", "coldline", "COLDLINE", "archive", "ARCHIVE");

    private static final Pattern KMS_KEY =
            Pattern.compile("projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+");

    private static final int KEY_BYTES = 32;

    /** The most that Google takes: "100 years". */
    private static final Duration LONGEST_LOCK = Duration.ofDays(36_500);

    static ObjectSettings of(StoreOptions options) {
        Optional<String> kmsKey = options.text(KMS_KEY_OPTION);
        if (kmsKey.isPresent() && !KMS_KEY.matcher(kmsKey.get()).matches()) {
            throw StoreOptions.wrong(
                    KMS_KEY_OPTION, kmsKey.get(), "projects/…/locations/…/keyRings/…/cryptoKeys/…, without a version");
        }
        Optional<Secret> customerKey = options.secret(CUSTOMER_KEY_OPTION, CUSTOMER_KEY_VARIABLE);
        customerKey.ifPresent(ObjectSettings::checkKey);
        if (kmsKey.isPresent() && customerKey.isPresent()) {
            throw new IllegalArgumentException("both '" + KMS_KEY_OPTION + "' and '" + CUSTOMER_KEY_OPTION
                    + "-…' are given (expected one of them)");
        }
        return new ObjectSettings(
                options.text(STORAGE_CLASS_OPTION).map(ObjectSettings::storageClass),
                kmsKey,
                customerKey,
                lockFor(options));
    }

    private static String storageClass(String text) {
        String name = CLASSES.get(text);
        if (name == null) {
            throw StoreOptions.wrong(STORAGE_CLASS_OPTION, text, "standard, nearline, coldline or archive");
        }
        return name;
    }

    private static Optional<Duration> lockFor(StoreOptions options) {
        Optional<String> text = options.text(LOCK_FOR_OPTION);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Duration lock = options.duration(LOCK_FOR_OPTION, Duration.ZERO);
        if (lock.compareTo(LONGEST_LOCK) > 0) {
            throw StoreOptions.wrong(LOCK_FOR_OPTION, text.get(), "at most " + LONGEST_LOCK.toDays() + "d");
        }
        return Optional.of(lock);
    }

    private static void checkKey(Secret key) {
        try {
            if (Base64.getDecoder().decode(key.value()).length == KEY_BYTES) {
                return;
            }
        } catch (IllegalArgumentException e) {
            // Its message would show a part of the secret.
        }
        throw new IllegalArgumentException("what '" + CUSTOMER_KEY_OPTION + "' or " + CUSTOMER_KEY_VARIABLE
                + " gives is not a key for AES-256 (expected " + KEY_BYTES + " bytes in base64)");
    }
}
