/**
 * The `data` of SmartCV's events: what a test sends, and what the catalogue shows. The specification's own examples are
 * verbatim (SmartCV: Event Examples); the others follow their fields and style.
 */
export const SMARTCV_SAMPLES = {
  "resume.created": {
    resume: {
      id: "resume_456",
      title: "Software Engineer Resume",
      status: "DRAFT",
      user_id: "user_789",
      template_id: "template_123",
      created_at: "2024-12-30T10:00:00Z",
    },
  },
  "resume.updated": {
    resume: {
      id: "resume_456",
      title: "Senior Software Engineer Resume",
      status: "PUBLISHED",
      user_id: "user_789",
      template_id: "template_123",
      updated_at: "2024-12-30T10:15:00Z",
    },
    changed_fields: ["title", "status"],
  },
  "resume.deleted": {
    resume: {
      id: "resume_456",
      user_id: "user_789",
      deleted_at: "2024-12-30T10:20:00Z",
    },
  },
  "resume.shared": {
    resume: {
      id: "resume_456",
      title: "Software Engineer Resume",
      user_id: "user_789",
    },
    share: {
      url: "https://smartcv.example/s/share_321",
      visibility: "PUBLIC",
      expires_at: "2025-01-30T10:25:00Z",
      shared_at: "2024-12-30T10:25:00Z",
    },
  },
  "resume.exported": {
    resume: {
      id: "resume_456",
      title: "Software Engineer Resume",
      user_id: "user_789",
    },
    export: {
      format: "PDF",
      size_bytes: 184320,
      exported_at: "2024-12-30T10:30:00Z",
    },
  },
  "user.registered": {
    user: {
      id: "user_789",
      email: "user@example.com",
      name: "Alex Example",
      registered_at: "2024-12-30T09:00:00Z",
    },
  },
  "user.subscription_changed": {
    user: {
      id: "user_789",
      email: "user@example.com",
    },
    subscription: {
      previous_type: "FREE",
      current_type: "PREMIUM",
      changed_at: "2024-12-30T10:10:00Z",
    },
  },
  "user.profile_updated": {
    user: {
      id: "user_789",
      email: "user@example.com",
      name: "Alex Example",
      updated_at: "2024-12-30T10:35:00Z",
    },
    changed_fields: ["name"],
  },
  "ai.analysis_completed": {
    analysis: {
      resume_id: "resume_456",
      overall_score: 85,
      keyword_match_score: 78,
      format_score: 92,
      content_score: 88,
      suggestions_count: 5,
    },
  },
  "ai.content_generated": {
    generation: {
      id: "generation_654",
      resume_id: "resume_456",
      user_id: "user_789",
      section: "summary",
      content: "Software engineer with eight years of experience in reliable web services.",
      generated_at: "2024-12-30T10:40:00Z",
    },
  },
} as const;
