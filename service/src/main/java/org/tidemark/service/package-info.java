// SPDX-License-Identifier: Apache-2.0
/**
 * The process that stays, does the tasks of this host when they are due, looks at its clusters, and tells what it sees:
 * metrics, notifications.
 */
package org.tidemark.service;
