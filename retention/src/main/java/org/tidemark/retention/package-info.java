// SPDX-License-Identifier: Apache-2.0
/** Which backups and which WAL a repository keeps: policies, a plan without side effects, and the removal by plan. */
package org.tidemark.retention;
