// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tidemark.store.StoreOptions;

/**
 * The settings of new objects. Immutable.
 *
 * @param storageClass the access tier: Hot, Cool or Cold; empty for the account's default
 * @param tags index tags
 * @param lockFor the time during which nobody can change or delete an object
 */
record AzureObjectSettings(Optional<String> storageClass, Map<String, String> tags, Optional<Duration> lockFor) {

    /** The service's names. Archive is missing: a read from it takes hours. */
    private static final Map<String, String> TIERS = Map.of("hot", "Hot", "cool", "Cool", "cold", "Cold");

    private static final int MAX_TAGS = 10;
    private static final Pattern TAG_KEY = Pattern.compile("[A-Za-z0-9 +./:=_-]{1,128}");
    private static final Pattern TAG_VALUE = Pattern.compile("[A-Za-z0-9 +./:=_-]{0,256}");

    AzureObjectSettings {
        tags = Map.copyOf(tags);
    }

    static AzureObjectSettings of(StoreOptions options) {
        Optional<Duration> lockFor = options.text(AzureOptions.LOCK_FOR).isPresent()
                ? Optional.of(options.duration(AzureOptions.LOCK_FOR))
                : Optional.empty();
        return new AzureObjectSettings(
                options.text(AzureOptions.STORAGE_CLASS).map(AzureObjectSettings::tier), tags(options), lockFor);
    }

    private static String tier(String text) {
        String tier = TIERS.get(text);
        if (tier == null) {
            throw StoreOptions.wrong(
                    AzureOptions.STORAGE_CLASS, text, "hot, cool or cold; a read from archive takes hours");
        }
        return tier;
    }

    private static Map<String, String> tags(StoreOptions options) {
        String text = options.text(AzureOptions.TAGS).orElse("");
        Map<String, String> tags = new LinkedHashMap<>();
        for (String tag : text.isBlank() ? new String[0] : text.split(",", -1)) {
            int equals = tag.indexOf('=');
            String key = equals < 0 ? "" : tag.substring(0, equals).strip();
            String value = tag.substring(equals + 1).strip();
            boolean valid =
                    TAG_KEY.matcher(key).matches() && TAG_VALUE.matcher(value).matches();
            if (!valid || tags.put(key, value) != null || tags.size() > MAX_TAGS) {
                throw StoreOptions.wrong(
                        AzureOptions.TAGS,
                        text,
                        "up to " + MAX_TAGS + " tags, such as team=db, system=prod; letters, digits and + - . / : = _");
            }
        }
        return tags;
    }
}
