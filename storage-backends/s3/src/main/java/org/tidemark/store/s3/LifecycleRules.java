// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Finding;
import software.amazon.awssdk.services.s3.model.ExpirationStatus;
import software.amazon.awssdk.services.s3.model.LifecycleRule;
import software.amazon.awssdk.services.s3.model.LifecycleRuleFilter;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Transition;

/**
 * A bucket's lifecycle rules, by which the server deletes and moves objects by itself. Immutable.
 *
 * @param prefix of the repository's keys
 * @param tags of its objects, as a query
 */
record LifecycleRules(List<LifecycleRule> rules, String prefix, Optional<String> tags) {
    LifecycleRules {
        rules = rules.stream()
                .filter(rule -> rule.status() == ExpirationStatus.ENABLED)
                .toList();
    }

    /** Describes what becomes of deleted objects in a bucket that keeps versions. */
    Finding versions() {
        for (LifecycleRule rule : rules) {
            if (rule.noncurrentVersionExpiration() != null
                    && prefix.startsWith(prefixOf(rule))
                    && tagsOf(rule).isEmpty()) {
                return Finding.ok(
                        "versions",
                        "the bucket keeps deleted objects as versions for "
                                + rule.noncurrentVersionExpiration().noncurrentDays() + " days (lifecycle rule "
                                + name(rule) + "), or until their lock ends");
            }
        }
        return versionsStay();
    }

    /** No rule removes them, or the rules are unknown. */
    static Finding versionsStay() {
        return Finding.warning(
                "versions",
                "the bucket keeps versions: deleted objects stay, hidden by a marker, and are billed",
                "Give the bucket a lifecycle rule for noncurrent versions, or deleting frees nothing.");
    }

    /** The rules that delete objects of the repository, or move them where they cannot be read. */
    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        for (LifecycleRule rule : rules) {
            if (!reaches(rule)) {
                continue;
            }
            String where = prefixOf(rule).isEmpty() ? "every object" : "the objects below '" + prefixOf(rule) + "'";
            if (rule.expiration() != null
                    && (rule.expiration().days() != null || rule.expiration().date() != null)) {
                findings.add(Finding.critical(
                        "lifecycle",
                        "lifecycle rule " + name(rule) + " of the bucket deletes " + where + " "
                                + (rule.expiration().days() != null
                                        ? "after " + rule.expiration().days() + " days"
                                        : "on " + rule.expiration().date())
                                + ", whether a backup needs it or not",
                        "Remove the rule, or exclude the prefix of this repository: 'tidemark expire' deletes what is"
                                + " not needed."));
            }
            for (Transition transition : rule.transitions()) {
                if (ObjectSettings.NOT_READABLE_AT_ONCE.contains(transition.storageClassAsString())) {
                    findings.add(Finding.warning(
                            "lifecycle",
                            "lifecycle rule " + name(rule) + " of the bucket moves " + where + " to "
                                    + transition.storageClassAsString() + ": a restore has to wait for hours",
                            "Remove the transition, or choose a class whose objects can be read at once."));
                }
            }
        }
        return findings;
    }

    /** Whether it can be about an object of the repository; a limit of sizes is not looked at. */
    private boolean reaches(LifecycleRule rule) {
        String of = prefixOf(rule);
        return (prefix.startsWith(of) || of.startsWith(prefix))
                && tagsOf(rule).stream().allMatch(this::hasTag);
    }

    private boolean hasTag(Tag tag) {
        return tags.stream()
                .flatMap(all -> List.of(all.split("&", -1)).stream())
                .anyMatch(one ->
                        one.equals(ObjectSettings.encoded(tag.key()) + "=" + ObjectSettings.encoded(tag.value())));
    }

    /** In the rule itself, as old rules have it, or in its filter. */
    private static String prefixOf(LifecycleRule rule) {
        LifecycleRuleFilter filter = rule.filter();
        Optional<String> ofFilter = Optional.ofNullable(filter)
                .map(each -> each.and() != null ? each.and().prefix() : each.prefix());
        return ofFilter.or(() -> Optional.ofNullable(oldPrefix(rule))).orElse("");
    }

    @SuppressWarnings("deprecation") // Servers still send it.
    private static String oldPrefix(LifecycleRule rule) {
        return rule.prefix();
    }

    private static List<Tag> tagsOf(LifecycleRule rule) {
        LifecycleRuleFilter filter = rule.filter();
        if (filter == null) {
            return List.of();
        }
        if (filter.and() != null) {
            return filter.and().tags();
        }
        return filter.tag() == null ? List.of() : List.of(filter.tag());
    }

    private static String name(LifecycleRule rule) {
        return rule.id() == null || rule.id().isEmpty() ? "without a name" : "'" + rule.id() + "'";
    }
}
