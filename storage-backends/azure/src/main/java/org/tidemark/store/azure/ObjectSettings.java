// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tidemark.store.StoreOptions;

/**
 * What each object is given when it is stored. Immutable.
 *
 * @param storageClass the access tier: Hot, Cool or Cold; empty for the account's own
 * @param tags index tags
 * @param lockFor no one can change or remove an object for so long
 */
record ObjectSettings(Optional<String> storageClass, Map<String, String> tags, Optional<Duration> lockFor) {

    /** As the service names them. Archive is none of them: what is there cannot be read before hours have passed. */
    private static final Map<String, String> TIERS = Map.of("hot", "Hot", "cool", "Cool", "cold", "Cold");

    private static final int MOST_TAGS = 10;
    private static final Pattern TAG_KEY = Pattern.compile("[A-Za-z0-9 +./:=_-]{1,128}");
    private static final Pattern TAG_VALUE = Pattern.compile("[A-Za-z0-9 +./:=_-]{0,256}");

    ObjectSettings {
        tags = Map.copyOf(tags);
    }

    static ObjectSettings of(StoreOptions options) {
        Optional<Duration> lockFor = options.text(AzureOptions.LOCK_FOR).isPresent()
                ? Optional.of(options.duration(AzureOptions.LOCK_FOR))
                : Optional.empty();
        return new ObjectSettings(
                options.text(AzureOptions.STORAGE_CLASS).map(ObjectSettings::tier), tags(options), lockFor);
    }

    private static String tier(String text) {
        String tier = TIERS.get(text);
        if (tier == null) {
            throw StoreOptions.wrong(
                    AzureOptions.STORAGE_CLASS,
                    text,
                    "hot, cool or cold; from archive nothing could be restored at once");
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
            if (!valid || tags.put(key, value) != null || tags.size() > MOST_TAGS) {
                throw StoreOptions.wrong(
                        AzureOptions.TAGS,
                        text,
                        "up to " + MOST_TAGS
                                + " tags, such as team=db, system=prod; letters, digits and + - . / : = _");
            }
        }
        return tags;
    }
}
