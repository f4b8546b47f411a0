// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.Operation;
import org.tidemark.store.s3.S3Config.Checksums;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.DefaultRetention;
import software.amazon.awssdk.services.s3.model.LifecycleRule;
import software.amazon.awssdk.services.s3.model.ObjectLockConfiguration;
import software.amazon.awssdk.services.s3.model.ObjectLockEnabled;

/**
 * Finds out what the bucket and its server do with stored objects on their own. Asks with three requests. Immutable.
 */
final class S3Remarks {
    private final S3Config config;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final S3Errors errors;
    private final boolean sawVersion;

    /** @param sawVersion whether an object of the bucket has a version */
    S3Remarks(S3Config config, S3Clients clients, BoundedCall calls, S3Errors errors, boolean sawVersion) {
        this.config = config;
        this.clients = clients;
        this.calls = calls;
        this.errors = errors;
        this.sawVersion = sawVersion;
    }

    List<Finding> all() {
        List<Finding> remarks = new ArrayList<>();
        if (config.checksums().isEmpty() && !clients.isOpen() && clients.checksums() == Checksums.HEADER) {
            remarks.add(Finding.warning(
                    "checksums",
                    "the server refuses checksums that follow the bytes: each process sends its first upload twice",
                    "Set " + S3Options.CHECKSUMS + " = \"when-required\" for this repository."));
        }
        Unanswered unanswered = new Unanswered();
        S3Client client = clients.any();
        String bucket = config.bucket();
        Optional<Boolean> versioned = unanswered.ask(
                "versioning",
                "s3:GetBucketVersioning",
                false,
                () -> client.getBucketVersioning(all -> all.bucket(bucket)).status() == BucketVersioningStatus.ENABLED);
        Optional<List<LifecycleRule>> rules = unanswered.ask(
                "lifecycle rules",
                "s3:GetLifecycleConfiguration",
                List.of(),
                () -> client.getBucketLifecycleConfiguration(all -> all.bucket(bucket))
                        .rules());
        Optional<Optional<ObjectLockConfiguration>> lock = unanswered.ask(
                "Object Lock",
                "s3:GetBucketObjectLockConfiguration",
                Optional.empty(),
                () -> Optional.ofNullable(client.getObjectLockConfiguration(all -> all.bucket(bucket))
                        .objectLockConfiguration()));
        LifecycleRules lifecycle = new LifecycleRules(
                rules.orElse(List.of()), config.prefix(), config.objects().tags());
        if (versioned.orElse(sawVersion)) {
            remarks.add(rules.isEmpty() ? LifecycleRules.versionsStay() : lifecycle.versions());
        }
        remarks.addAll(lifecycle.findings());
        lock.ifPresent(known -> addLock(remarks, known));
        unanswered.addTo(remarks);
        return remarks;
    }

    private void addLock(List<Finding> remarks, Optional<ObjectLockConfiguration> lock) {
        boolean enabled = lock.isPresent() && lock.get().objectLockEnabled() == ObjectLockEnabled.ENABLED;
        if (!enabled) {
            if (config.objects().lock().isPresent()) {
                remarks.add(Finding.warning(
                        "lock",
                        "'" + S3Options.LOCK_FOR + "' is set, but the bucket has no Object Lock: nothing is locked",
                        "Create a bucket with Object Lock (aws s3api create-bucket --object-lock-enabled-for-bucket"
                                + " --bucket NAME), or remove " + S3Options.LOCK_FOR + " from this repository."));
            }
            return;
        }
        DefaultRetention retention =
                lock.get().rule() == null ? null : lock.get().rule().defaultRetention();
        if (retention != null) {
            String period = retention.days() != null ? retention.days() + " days" : retention.years() + " years";
            remarks.add(Finding.ok(
                    "lock",
                    "the bucket itself locks every object for " + period + " (" + retention.modeAsString() + ")"));
        }
    }

    /** The questions that got no answer. Not thread-safe. */
    private final class Unanswered {
        private final StringJoiner subjects = new StringJoiner(", ");
        private final StringJoiner actions = new StringJoiner(", ");
        private String why = "";

        /** Answers that say that nothing is configured; other servers do not know the question. */
        private static final Set<String> NOTHING = Set.of(
                "NoSuchLifecycleConfiguration",
                "InvalidRequest",
                "ObjectLockConfigurationNotFoundError",
                "ObjectLockConfigurationNotFound");

        /**
         * The answer; empty if the bucket could not be asked.
         *
         * @param none what is true of a bucket where nothing is configured
         */
        <T> Optional<T> ask(String subject, String action, T none, Callable<T> question) {
            try {
                return Optional.of(calls.run(question));
            } catch (AwsServiceException e) {
                if (NOTHING.contains(S3Errors.code(e)) || e.statusCode() == 405 || e.statusCode() == 501) {
                    return Optional.of(none);
                }
                note(subject, action, e);
            } catch (Exception e) {
                note(subject, action, e);
            }
            return Optional.empty();
        }

        private void note(String subject, String action, Exception e) {
            subjects.add(subject);
            actions.add(action);
            why = e instanceof AwsServiceException answer
                    ? S3Errors.text(answer)
                    : errors.of(Operation.FIND_BUCKET, "", e).getMessage();
        }

        /** No warning: the host that archives need not have these rights. */
        void addTo(List<Finding> remarks) {
            if (subjects.length() > 0) {
                remarks.add(new Finding(
                        Severity.OK,
                        "bucket",
                        "its " + subjects + " could not be read: " + why,
                        "Allow " + actions + " to the credentials, or make sure that no lifecycle rule of the bucket"
                                + " deletes objects of this repository.",
                        Optional.empty(),
                        Map.of(),
                        Map.of()));
            }
        }
    }
}
